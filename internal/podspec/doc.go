// Package podspec is what Kubernetes 1.37 does with a pod's specification when
// it is written through the API: defaulting, validation with the API server's
// field paths and messages, preparation for storage, quality-of-service class
// and warnings. Pods use it directly; every kind with a pod template uses the
// Template functions.
//
// Everything here is a pure function of its arguments. Defaulting and the
// Prepare functions change the object they are given (the new one, never the
// old one); all others only read. The package knows nothing of stores, HTTP,
// clocks or other kinds, and must not import them.
//
// Objects in the store have always passed this same validation, so the
// tolerance of the real server for objects written by older releases
// ("ratcheting") has no counterpart here.
//
// Features are as they are by default in 1.37; fields of features that are off
// by default are cleared by [DropDisabledFields] before validation.
package podspec
