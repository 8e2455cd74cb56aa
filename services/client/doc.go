// Package client is how Go programs use Throughline: IVR applications, bots, agent desktops.
//
//	c, err := client.Dial("throughline.example.com:9090", client.WithAPIKey(key), client.WithSource("ivr-prod"))
//	...
//	who, err := c.Resolve(ctx, client.ResolveRequest{
//		Identifiers:     []client.Identifier{{Type: client.IdentifierPhone, Value: callingNumber}},
//		PlatformContact: client.PlatformContact{Platform: "sip", ContactID: callID},
//		Channel:         client.ChannelIVR,
//	})
//	...
//	customer := c.Customer(who.Customer).At(client.Place{
//		InteractionID: who.InteractionID,
//		Channel:       client.ChannelIVR,
//		Actor:         client.Actor{Kind: client.ActorIVR, ID: "main-menu"},
//	})
//	known, err := customer.Fill(ctx, []string{"account_number", "zip_code"}, askTheCaller)
//
// # Reading what was written
//
// A client remembers, for each customer, how far its own writes went, and its reads see at least that: by a token, or,
// after writes by several names of a customer who was merged, by asking the log once. [MinimizeLatency], [AtLeast] and
// [FullyConsistent] ask for something else in one call. Where one process writes and another reads, hand the
// ConsistencyToken of the write's answer over and read with AtLeast.
//
// # Trying again
//
// A call that failed because the server could not be reached (UNAVAILABLE, and nothing else) is tried again within the
// call's deadline, three attempts in all. That is safe for writes, too: each carries a request id, made once a call or
// given by [WithRequestID], by which the server recognises a repetition and answers as it did the first time. A program
// that repeats a call itself, after a crash or a lost answer, gives the same request id again.
//
// # Errors
//
// Every error of a call is an [*Error]. Reasons and codes are errors to compare with:
//
//	if errors.Is(err, client.ReasonHandoffAlreadyAccepted) { ... }
//	if errors.Is(err, client.CodeNotFound) { ... }
//
// # Times and values
//
// A zero time.Time, an empty string and a nil pointer mean that something is absent. Values of customers may come masked
// ("***") with the reason why; never send a masked value back.
package client
