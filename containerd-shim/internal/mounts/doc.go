// Package mounts removes folders in which something is mounted.
package mounts
