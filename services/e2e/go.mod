module github.com/throughline-cx/throughline/services/e2e

go 1.26.0

require (
	github.com/throughline-cx/throughline/gen v0.0.0
	github.com/throughline-cx/throughline/services/context v0.0.0
	github.com/throughline-cx/throughline/services/gateway v0.0.0
	github.com/throughline-cx/throughline/services/interaction-log v0.0.0
	github.com/throughline-cx/throughline/services/internal v0.0.0
	github.com/throughline-cx/throughline/services/suite v0.0.0
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
)

replace (
	github.com/throughline-cx/throughline/gen => ../../gen
	github.com/throughline-cx/throughline/services/context => ../../services/context
	github.com/throughline-cx/throughline/services/gateway => ../../services/gateway
	github.com/throughline-cx/throughline/services/interaction-log => ../../services/interaction-log
	github.com/throughline-cx/throughline/services/internal => ../../services/internal
	github.com/throughline-cx/throughline/services/suite => ../../services/suite
)
