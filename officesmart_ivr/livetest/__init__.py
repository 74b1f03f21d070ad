"""Plan tests as real calls: an Asterisk, the application and test phones of their own, on loopback."""
