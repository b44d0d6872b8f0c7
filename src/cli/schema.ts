// `phoenix schema`: prints the JSON Schema of a config file, or writes all of them.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { makeFolders } from '../io/make-folders.ts';
import { jsonSchema, SCHEMA_NAMES, schemaName } from '../load/json-schema.ts';
import { EXIT, type Io } from './io.ts';

export interface SchemaArgs {
  /** Full or short name (`lxc`); absent: all in one object by name. */
  readonly name?: string | undefined;
  /** Folder to which all schemas are written as `<name>.schema.json`. */
  readonly out?: string | undefined;
}

/** Resolves to the exit code. */
export async function schema({ name, out }: SchemaArgs, io: Io): Promise<number> {
  if (out !== undefined) {
    await makeFolders(out);
    for (const each of SCHEMA_NAMES) await writeFile(join(out, `${each}.schema.json`), textOf(each));
    io.stderr(`wrote ${SCHEMA_NAMES.length} schemas to ${out}\n`);
    return EXIT.done;
  }
  if (name === undefined) {
    io.verbatim(
      `${JSON.stringify(Object.fromEntries(SCHEMA_NAMES.map((each) => [each, jsonSchema(each)])), null, 2)}\n`,
    );
    return EXIT.done;
  }
  const known = schemaName(name);
  if (SCHEMA_NAMES.includes(known)) {
    io.verbatim(textOf(known));
    return EXIT.done;
  }
  const meant = nearest(known, SCHEMA_NAMES);
  io.stderr(
    `phoenix schema: there is no schema "${name}"\n${meant === null ? `Known: ${SCHEMA_NAMES.join(', ')}.` : `Did you mean "${meant}"?`}\n`,
  );
  return EXIT.usage;
}

function textOf(name: string): string {
  return `${JSON.stringify(jsonSchema(name), null, 2)}\n`;
}
