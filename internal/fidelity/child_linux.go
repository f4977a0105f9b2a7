package fidelity

import "syscall"

// endsWithTest lets the processes die with the test, however that ends.
func endsWithTest() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
