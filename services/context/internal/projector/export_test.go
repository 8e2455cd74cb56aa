package projector

// SignalAll signals all watches of a tenant, as a change of its dictionary does.
func SignalAll(t *Tenant) { t.watches.signal() }

// Called returns how many tenants are known by calls alone.
func Called(p *Projector) int {
	p.tenants.mu.RLock()
	defer p.tenants.mu.RUnlock()
	return len(p.tenants.called)
}

// Kept reports whether a tenant is kept for good.
func Kept(p *Projector, name string) bool {
	p.tenants.mu.RLock()
	defer p.tenants.mu.RUnlock()
	return p.tenants.kept[name] != nil
}

// InMemory reports whether a customer is in memory.
func InMemory(t *Tenant, customer string) bool {
	s := t.p.cache.shard(customer)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.find(entryKey{t, customer}) != nil
}
