package filesystem

// Errno is an error of a system call. Its text is what strerror prints, which
// is also what busybox and the GNU tools print after "tool: path: ".
type Errno string

// The errors that the simulated kernel returns.
const (
	EPERM        Errno = "Operation not permitted"
	ENOENT       Errno = "No such file or directory"
	ESRCH        Errno = "No such process"
	EINTR        Errno = "Interrupted system call"
	ENXIO        Errno = "No such device or address"
	ENOEXEC      Errno = "Exec format error"
	EBADF        Errno = "Bad file descriptor"
	ECHILD       Errno = "No child processes"
	EAGAIN       Errno = "Resource temporarily unavailable"
	EACCES       Errno = "Permission denied"
	EBUSY        Errno = "Resource busy"
	EEXIST       Errno = "File exists"
	EXDEV        Errno = "Invalid cross-device link"
	ENOTDIR      Errno = "Not a directory"
	EISDIR       Errno = "Is a directory"
	EINVAL       Errno = "Invalid argument"
	ENOTTY       Errno = "Not a tty"
	EFBIG        Errno = "File too large"
	ENOSPC       Errno = "No space left on device"
	ESPIPE       Errno = "Illegal seek"
	EROFS        Errno = "Read-only file system"
	EPIPE        Errno = "Broken pipe"
	ENAMETOOLONG Errno = "Filename too long"
	ENOTEMPTY    Errno = "Directory not empty"
	ELOOP        Errno = "Symbolic link loop"
	ENOSYS       Errno = "Function not implemented"
	EADDRINUSE   Errno = "Address in use"
	ECONNREFUSED Errno = "Connection refused"
	ECONNRESET   Errno = "Connection reset by peer"
	ETIMEDOUT    Errno = "Operation timed out"
	EHOSTUNREACH Errno = "Host is unreachable"
	ENETUNREACH  Errno = "Network unreachable"
	ENOTCONN     Errno = "Socket not connected"
	EAFNOSUPPORT Errno = "Address family not supported by protocol"
)

// Error is the text of the error.
func (e Errno) Error() string { return string(e) }
