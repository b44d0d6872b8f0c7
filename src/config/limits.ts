// What a configuration may weigh: past these sizes it is refused, so that no push can exhaust the memory of the agent.

/** Bytes of one file. Ten thousand guests fit in. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Bytes of one compose file: YAML costs far more to read than JSON. */
export const MAX_COMPOSE_BYTES = 256 * 1024;
/** Values of one compose file with what its aliases stand for in their places. */
export const MAX_COMPOSE_VALUES = 100_000;
/** Objects and arrays within each other. */
export const MAX_DEPTH = 64;
/** Values of one file, objects and arrays included. */
export const MAX_VALUES = 2_000_000;
/** Problems that are listed for one configuration. */
export const MAX_PROBLEMS = 10_000;
