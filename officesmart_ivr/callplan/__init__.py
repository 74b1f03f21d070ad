"""What the admin wrote: the call plan, read from YAML, validated and checked."""
