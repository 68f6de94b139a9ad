//go:build unix

package daemon_test

import (
	"io/fs"
	"syscall"
)

// inode is the file's number on its disk: a file that is replaced has another one.
func inode(info fs.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }
