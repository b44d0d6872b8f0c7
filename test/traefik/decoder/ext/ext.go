// Package ext has what Traefik leaves open for editions of its own: nothing. Its module is not published, only replaced.
package ext

// HTTP is what a configuration may hold besides.
type HTTP struct{}

// Router is what a router may hold besides.
type Router struct{}
