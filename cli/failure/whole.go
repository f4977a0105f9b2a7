package failure

import "errors"

// WholeProgram is the name of the program with everything in it, where there is
// also one without; see package handover.
const WholeProgram = "kubejig-full"

// ErrNeedsWhole says that only the whole program can go on. It comes before
// anything was read or done.
var ErrNeedsWhole = errors.New("this needs the program " + WholeProgram)
