package rpc

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

type methodName struct {
	Service string `json:"service"`
	Method  string `json:"method"`
}

type retryPolicy struct {
	MaxAttempts          int      `json:"maxAttempts"`
	InitialBackoff       string   `json:"initialBackoff"`
	MaxBackoff           string   `json:"maxBackoff"`
	BackoffMultiplier    float64  `json:"backoffMultiplier"`
	RetryableStatusCodes []string `json:"retryableStatusCodes"`
}

type methodConfig struct {
	Name        []methodName `json:"name"`
	RetryPolicy *retryPolicy `json:"retryPolicy"`
}

type retryThrottling struct {
	MaxTokens  int     `json:"maxTokens"`
	TokenRatio float64 `json:"tokenRatio"`
}

type config struct {
	MethodConfig    []methodConfig   `json:"methodConfig,omitempty"`
	RetryThrottling *retryThrottling `json:"retryThrottling,omitempty"`
}

// serviceConfig returns the gRPC service config: at most so many attempts on UNAVAILABLE, for methods that the .proto
// calls idempotent and, if keyed, for those that a request id makes so; and throttled so that a server in trouble gets
// at most a tenth more calls from retries.
func serviceConfig(services []string, keyed bool, attempts int) (string, error) {
	var c config
	var names []methodName
	for _, s := range services {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(s))
		if err != nil {
			return "", fmt.Errorf("service %s is not linked in: %w", s, err)
		}
		sd, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			return "", fmt.Errorf("%s is not a service", s)
		}
		names = append(names, idempotentMethods(sd, keyed)...)
	}
	if len(names) > 0 {
		c.MethodConfig = []methodConfig{{Name: names, RetryPolicy: &retryPolicy{
			MaxAttempts: attempts, InitialBackoff: "0.05s", MaxBackoff: "1s", BackoffMultiplier: 3,
			RetryableStatusCodes: []string{"UNAVAILABLE"},
		}}}
		c.RetryThrottling = &retryThrottling{MaxTokens: 100, TokenRatio: 0.1}
	}
	b, err := json.Marshal(c)
	return string(b), err
}

func idempotentMethods(sd protoreflect.ServiceDescriptor, keyed bool) []methodName {
	var names []methodName
	for i := range sd.Methods().Len() {
		m := sd.Methods().Get(i)
		o, ok := m.Options().(*descriptorpb.MethodOptions)
		idempotent := ok && o.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
		if idempotent || keyed && m.Input().Fields().ByName("request_id") != nil {
			names = append(names, methodName{Service: string(sd.FullName()), Method: string(m.Name())})
		}
	}
	return names
}
