//go:build !linux

package ptytest

import (
	"errors"
	"os"
	"syscall"
)

func open() (terminal, device *os.File, err error) { return nil, nil, errors.ErrUnsupported }

func controlling() *syscall.SysProcAttr { return nil }

// Resize is never called: there is no session.
func (s *Session) Resize(rows, columns int) {}

func (s *Session) raw() bool { return false }
