// The dynamic files of a guest's Traefik, as its file provider reads them (pkg/provider/file and pkg/provider/merge.go, version 3.7.9): all files of
// a folder together or, if one cannot be read, none of them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../../../src/traefik/read.ts';
import { isSection, section } from '../../../../src/traefik/read.ts';
import { CONFIGURATION, typeNamed } from '../../../../src/traefik/schema.ts';
import { parseYaml } from '../../yaml.ts';
import { formFault } from './form.ts';

type Elements = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Dynamic {
  readonly routers: Elements;
  readonly services: Elements;
  readonly middlewares: Elements;
  readonly serversTransports: Elements;
  readonly tls: Readonly<Record<string, unknown>>;
}

const SECTIONS = ['routers', 'services', 'middlewares', 'serversTransports'] as const;

export const NOTHING: Dynamic = { routers: {}, services: {}, middlewares: {}, serversTransports: {}, tls: {} };

/**
 * The merged files; where two define the same name, the first wins. A string is why the whole update is discarded.
 *
 * @param at the real path of a path in the guest
 */
export function readDynamic(folder: string, at: (path: string) => string): Dynamic | string {
  if (!existsSync(at(folder))) return `unable to read directory ${folder}: open ${folder}: no such file or directory`;
  let all = NOTHING;
  for (const path of filesIn(folder, at)) {
    const read = readFile(path, readFileSync(at(path), 'utf8'));
    if (typeof read === 'string') return `collecting file configs: ${path}: ${read}`;
    const [http, tls] = [section(read['http']), section(read['tls'])];
    const merged = SECTIONS.map((section) => [
      section,
      { ...(http[section] as Elements | undefined), ...all[section] },
    ]);
    all = { ...(Object.fromEntries(merged) as Omit<Dynamic, 'tls'>), tls: { ...tls, ...all.tls } };
  }
  return all;
}

/** The files of the folder and its subfolders, in order of their names. */
function filesIn(folder: string, at: (path: string) => string): string[] {
  return readdirSync(at(folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path, at);
      return /\.ya?ml$/i.test(entry.name) ? [path] : [];
    });
}

function readFile(path: string, text: string): JsonObject | string {
  // Traefik runs files as Go templates, which the lab does not.
  if (text.includes('{{')) return `template: ${path}: is not run in a lab`;
  let value: Json | undefined;
  try {
    value = parseYaml(text) as Json | undefined;
  } catch (error) {
    return `yaml: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  }
  if (value === null || value === undefined) return {};
  if (!isSection(value)) return 'yaml: unmarshal errors';
  return formFault(value, CONFIGURATION, typeNamed) ?? value;
}
