package bench

// scenarios are all comparisons, in the order in which they run.
var scenarios = []scenario{
	getContext,
	planQuestions,
	listPage,
	historyLength,
	customerCount,
	appendMany,
	appendOne,
	ingest,
	ingestScattered,
	appendToVisible,
	watchFanOut,
	restart,
}
