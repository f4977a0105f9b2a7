package network

import "github.com/kubejig/kubejig/internal/services"

// What the network knows of the cluster's Services; see package services.
type (
	Directory    = services.Directory
	Service      = services.Service
	Port         = services.Port
	Endpoint     = services.Endpoint
	EndpointPort = services.EndpointPort
)
