// Package cgroup reads what Linux accounts for control groups, in both versions
// of their file system. It makes and limits none: that is for who runs the
// containers.
package cgroup
