package ptytest

import (
	"fmt"
	"os"
	"syscall"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// open makes a pair of terminal devices.
func open() (terminal, device *os.File, err error) {
	terminal, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		device, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		terminal.Close()
		return nil, nil, err
	}
	return terminal, device, nil
}

// controlling makes the terminal the one whose keys and window send signals.
func controlling() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: true}
}

// Resize changes the size of the window.
func (s *Session) Resize(rows, columns int) {
	s.t.Helper()
	size := &unix.Winsize{Row: uint16(rows), Col: uint16(columns)}
	require.NoError(s.t, unix.IoctlSetWinsize(int(s.terminal.Fd()), unix.TIOCSWINSZ, size))
}

func (s *Session) raw() bool {
	s.t.Helper()
	state, err := unix.IoctlGetTermios(int(s.device.Fd()), unix.TCGETS)
	require.NoError(s.t, err)
	return state.Lflag&(unix.ECHO|unix.ICANON|unix.ISIG) == 0
}
