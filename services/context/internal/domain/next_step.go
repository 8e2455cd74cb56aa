package domain

// nextStep says what to do next. The first of these rules that has something to say counts: take over who is offered;
// keep a promise that is overdue; finish a step that failed; verify the customer when values wait for it; find out whether
// it is about a matter that broke off; go on with the open matter; keep a promise that is still to come; have a doubtful value confirmed. It says only what the data says,
// and never a value of a slot.
func nextStep(c *Context) string {
	for _, rule := range []func(*Context) string{
		takeOver, keepOverdue, finishStep, verifyFirst, resumeMatter, goOn, keepPromise, confirmFirst,
	} {
		if s := rule(c); s != "" {
			return oneLine(s)
		}
	}
	return ""
}

func takeOver(c *Context) string {
	for _, h := range c.PendingHandoffs {
		if h.State == HandoffOffering {
			return "Accept the handoff from " + sayActor(h.From) + "."
		}
	}
	return ""
}

func keepOverdue(c *Context) string {
	if c.Owed == nil || !c.Owed.Overdue {
		return ""
	}
	return "Keep the promise that was due " + sayTime(c.Owed.Promise.DueTime) + ": " + shorten(oneLine(c.Owed.Promise.Text), 80) + "."
}

func keepPromise(c *Context) string {
	switch {
	case c.Owed == nil || c.Owed.Overdue:
		return ""
	case c.Owed.Promise.DueTime.IsZero():
		return "Keep the promise: " + shorten(oneLine(c.Owed.Promise.Text), 80) + "."
	}
	return "Keep the promise by " + sayTime(c.Owed.Promise.DueTime) + ": " + shorten(oneLine(c.Owed.Promise.Text), 80) + "."
}

// finishStep is about the newest run that failed, unless the same flow came to its end since.
func finishStep(c *Context) string {
	var r *FlowRun
	for _, x := range c.FlowRuns {
		if r == nil || x.LastRevision > r.LastRevision {
			r = x
		}
	}
	if r == nil || r.FailedSteps == 0 || r.StepID == "" || r.Outcome == FlowOutcomeCompleted {
		return ""
	}
	s := "Finish step " + shorten(r.StepID, 60)
	if r.FlowID != "" {
		s += " of " + shorten(r.FlowID, 60)
	}
	return s + ", which failed in " + r.Channel.String() + "."
}

func verifyFirst(c *Context) string {
	var waiting int64
	for i := range c.Facts {
		if c.Facts[i].Withheld == ReasonVerificationTooLow {
			waiting++
		}
	}
	if waiting == 0 {
		return ""
	}
	return "Verify the customer: " + count(waiting, "value") + " can be used only then."
}

// likely is from when on a matter is worth asking about.
const likely = 0.5

// resumeMatter asks about the likeliest matter, or about two where only together they are likely.
func resumeMatter(c *Context) string {
	const ask = "Ask whether it is about: "
	r := c.Resume
	switch {
	case len(r) == 0 || r[0].Topic == "":
	case r[0].Likelihood >= likely:
		return ask + shorten(oneLine(r[0].Topic), 80) + "."
	case len(r) > 1 && r[1].Topic != "" && r[0].Likelihood+r[1].Likelihood >= likely:
		return ask + shorten(oneLine(r[0].Topic), 40) + "; or about: " + shorten(oneLine(r[1].Topic), 40) + "."
	}
	return ""
}

func goOn(c *Context) string {
	if len(c.OpenCases) == 0 {
		return ""
	}
	return "Go on with the open matter: " + shorten(oneLine(c.OpenCases[0].title()), 80) + "."
}

// confirmFirst leaves stale values alone: they need confirming only when somebody wants them.
func confirmFirst(c *Context) string {
	for i := range c.Facts {
		if f := &c.Facts[i]; f.Status != FactFresh && f.Status != FactStale && !Masked(f.Value) {
			return "Confirm " + shorten(oneLine(f.DisplayName), 60) + "."
		}
	}
	return ""
}
