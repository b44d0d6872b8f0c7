// The number of inputs of a property test.

/** This many inputs, times `PHOENIX_TEST_RUNS` if set. */
export const runs = (usual: number): number => usual * Number(process.env['PHOENIX_TEST_RUNS'] ?? 1);
