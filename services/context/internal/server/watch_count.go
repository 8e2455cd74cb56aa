package server

import (
	"cmp"
	"strconv"
	"sync"

	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// watchCount counts the open watches and bounds them: all of them, and each tenant's share, so that a tenant whose
// desktops never close their streams leaves some to the others.
type watchCount struct {
	most, share int

	mu      sync.Mutex
	all     int
	tenants map[string]int
}

func (c *watchCount) init(most, share int) {
	c.most = cmp.Or(most, 20_000)
	c.share = cmp.Or(share, max(c.most/2, 1))
	c.tenants = map[string]int{}
}

// begin counts a watch of a caller's; end it. Where nobody has a credential there is one tenant, which may have all.
func (c *watchCount) begin(caller *auth.Caller) (end func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tenant := caller.Tenant
	switch {
	case c.all >= c.most:
		return nil, tooManyWatches(c.most, "this server has %d open watches and takes no more; close some, or try another server")
	case !caller.Open && c.tenants[tenant] >= c.share:
		return nil, tooManyWatches(c.share, "the tenant has %d open watches and gets no more of this server; close some, or try another server")
	}
	c.all++
	c.tenants[tenant]++
	return sync.OnceFunc(func() { c.end(tenant) }), nil
}

func (c *watchCount) end(tenant string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.tenants[tenant]--; c.tenants[tenant] == 0 {
		delete(c.tenants, tenant)
	}
}

func tooManyWatches(limit int, message string) error {
	return fault.New(fault.Exhausted, "TOO_MANY_WATCHES", message, limit).With("limit", strconv.Itoa(limit))
}
