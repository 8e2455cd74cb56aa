package redact

import "testing"

func BenchmarkText(b *testing.B) {
	for _, c := range []struct{ name, in string }{
		{"none100", "Hello, I would like to change my delivery address, could you please help me with that? Thank you ok."},
		{"few100", "Hello, I would like to book a table for 4 people at 8 please, could you please help me with that ok?"},
		{"umlauts100", "Grüße, ich möchte gerne die Adresse ändern, können Sie mir bitte dabei helfen? Vielen Dank für alles"},
		{"account", "Hello, my account number is 84318931431 and I want to know the balance of it please, thank you very."},
		{"card", "Hello, my card number is 4111 1111 1111 1111 and it expires 12/27 and the security code is 123 thanks"},
		{"spoken", "it is four one one one one one one one one one one one one one one one thanks"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Text(c.in)
			}
		})
	}
}

func TestFastPathDoesNotAllocate(t *testing.T) {
	in := "Hello, I would like to book a table for 4 people at 8, könnten Sie mir helfen?"
	if n := testing.AllocsPerRun(100, func() { Text(in) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
