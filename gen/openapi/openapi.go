// Package openapi holds the OpenAPI 2.0 document of the REST API, generated from the .proto files.
package openapi

import _ "embed"

//go:embed throughline.swagger.json
var document []byte

// Document returns the document as JSON. Callers must not change it.
func Document() []byte { return document }
