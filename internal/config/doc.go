// Package config is what an administrator decides: one struct, read from flags, environment and one YAML file, in that order
// of precedence. Every fault is reported at once, with the setting's name.
//
// A secret is never a flag (flags are seen in the process list): it comes from the environment or a file, and is held so that
// no way of printing shows it. Used by app alone; it imports nothing of ours.
package config
