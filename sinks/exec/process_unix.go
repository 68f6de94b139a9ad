//go:build unix

package exec

import (
	osexec "os/exec"
	"syscall"
)

// ownGroup has the program start in a process group of its own, so that it can be
// ended with all it has started.
func ownGroup(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the program's group at once. It may have ended already.
func killGroup(cmd *osexec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
