import type { StructType } from './schema.ts';

/** Traefik's struct types by name. A test compares the file with Traefik's own. */
declare const types: Readonly<Record<string, StructType>>;
export = types;
