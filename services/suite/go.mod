module github.com/throughline-cx/throughline/services/suite

go 1.26.0

require (
	github.com/throughline-cx/throughline/gen v0.0.0
	github.com/throughline-cx/throughline/services/internal v0.0.0
	github.com/throughline-cx/throughline/services/interaction-log v0.0.0
	github.com/throughline-cx/throughline/services/context v0.0.0
	github.com/throughline-cx/throughline/services/gateway v0.0.0
)

replace (
	github.com/throughline-cx/throughline/gen => ../../gen
	github.com/throughline-cx/throughline/services/internal => ../../services/internal
	github.com/throughline-cx/throughline/services/interaction-log => ../../services/interaction-log
	github.com/throughline-cx/throughline/services/context => ../../services/context
	github.com/throughline-cx/throughline/services/gateway => ../../services/gateway
)
