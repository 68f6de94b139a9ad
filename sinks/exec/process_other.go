//go:build !unix

package exec

import osexec "os/exec"

// ownGroup does nothing: there are no process groups here, and what the program
// has started outlives it.
func ownGroup(*osexec.Cmd) {}

// killGroup ends the program alone.
func killGroup(cmd *osexec.Cmd) { cmd.Process.Kill() }
