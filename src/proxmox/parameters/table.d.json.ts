import type { Schema } from './table.ts';

/** A verb of a program: an alias of another, or its arguments and the schemas of its parameters by their place in `schemas`. */
type WrittenVerb = {
  readonly alias?: string;
  readonly positional?: readonly string[];
  readonly method?: string;
  readonly fixed?: readonly string[];
  readonly formatted?: number;
  readonly parameters?: Readonly<Record<string, number>>;
};

/** As scripts/cut-proxmox-table.mjs writes it; a test reads the whole file. */
declare const table: {
  readonly source: string;
  readonly highestIndex: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly verbs: Readonly<Record<string, WrittenVerb>>;
  readonly methods: Readonly<Record<string, { readonly parameters: Readonly<Record<string, number>> }>>;
  readonly formats: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  readonly names: {
    readonly timeZones: readonly string[];
    readonly services: readonly string[];
    readonly protocols: readonly string[];
    readonly cpuModels: readonly string[];
  };
  readonly macros: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
  readonly schemas: readonly Schema[];
};
export = table;
