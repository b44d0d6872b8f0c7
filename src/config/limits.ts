// Size limits of a configuration. Larger ones are rejected, so that no push can exhaust the agent's memory.

/** Bytes of one file: enough for ten thousand guests. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Bytes of one compose file: YAML is far more expensive to parse than JSON. */
export const MAX_COMPOSE_BYTES = 256 * 1024;
/** Values of one compose file with expanded aliases. */
export const MAX_COMPOSE_VALUES = 100_000;
/** Nesting depth of objects and arrays. */
export const MAX_DEPTH = 64;
/** Values of one file, objects and arrays included. */
export const MAX_VALUES = 2_000_000;
/** Maximum number of problems reported for one configuration. */
export const MAX_PROBLEMS = 10_000;
