// Package lint holds the project's rules as tests: what the engine may not do,
// which room may import which, and how code is laid out. A failing rule names
// the place and the way out. The package has no code of its own.
package lint
