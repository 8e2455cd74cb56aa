package projector

import (
	"runtime"
	"sync"
	"weak"
)

// tenants are the tenants met so far. Those that exist are kept for good: the log has events of them, or a dictionary.
// The others are only names in calls, and whoever may call for all tenants can make up any number of them. They live as
// long as somebody holds them: a call, a watch, a customer in memory. So there are never two of one tenant.
type tenants struct {
	mu     sync.RWMutex
	kept   map[string]*Tenant
	called map[string]weak.Pointer[Tenant]
}

func (ts *tenants) init() {
	ts.kept, ts.called = map[string]*Tenant{}, map[string]weak.Pointer[Tenant]{}
}

// Tenant returns the view of a tenant, always the same one while anybody has it. Asking for a tenant of whom the log
// knows nothing stores nothing.
func (p *Projector) Tenant(name string) *Tenant {
	ts := &p.tenants
	ts.mu.RLock()
	t := ts.find(name)
	ts.mu.RUnlock()
	if t != nil {
		return t
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t = ts.find(name); t == nil {
		t = newTenant(p, name)
		ts.called[name] = weak.Make(t)
		runtime.AddCleanup(t, ts.forget, name)
	}
	return t
}

// find returns a tenant that there is; nil for none. The caller holds mu.
func (ts *tenants) find(name string) *Tenant {
	if t := ts.kept[name]; t != nil {
		return t
	}
	return ts.called[name].Value()
}

// keep keeps a tenant for good, because it exists.
func (ts *tenants) keep(t *Tenant) {
	ts.mu.RLock()
	kept := ts.kept[t.name] != nil
	ts.mu.RUnlock()
	if kept {
		return
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.kept[t.name] = t
	delete(ts.called, t.name)
}

// forget takes a name out of those that are called, unless it has come to be called again.
func (ts *tenants) forget(name string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.called[name].Value() == nil {
		delete(ts.called, name)
	}
}

// known returns the tenants that there are.
func (ts *tenants) known() []*Tenant {
	ts.mu.RLock()
	defer ts.mu.RUnlock()
	out := make([]*Tenant, 0, len(ts.kept)+len(ts.called))
	for _, t := range ts.kept {
		out = append(out, t)
	}
	for _, w := range ts.called {
		if t := w.Value(); t != nil {
			out = append(out, t)
		}
	}
	return out
}
