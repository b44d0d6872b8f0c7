// How often a property is tried.

/** With so many inputs in a run of the tests, or `PHOENIX_TEST_RUNS` times as many. */
export const runs = (usual: number): number => usual * Number(process.env['PHOENIX_TEST_RUNS'] ?? 1);
