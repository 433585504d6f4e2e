// Package contract is generated from openapi.yaml: the types of the API, and the server interface that package api
// implements. It is never edited by hand; `make generate` writes it and CI fails when it is stale.
package contract

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi-codegen.yaml ../../openapi.yaml
