// Package sinktest is what a sink is tested with: a view's state and documents
// in memory, a log of made-up events, a generator of random histories, and two
// suites that every sink must pass, [View] and [Delivery].
//
// A new view's test is a few lines:
//
//	func TestView(t *testing.T) {
//		sinktest.View(t, func(t testing.TB, env pipeline.ViewEnv) pipeline.View {
//			v, err := mysink.New(mysink.Settings{}, env)
//			if err != nil {
//				t.Fatal(err)
//			}
//			return v
//		})
//	}
//
// The package holds nothing that runs in the daemon, and knows no sink.
package sinktest
