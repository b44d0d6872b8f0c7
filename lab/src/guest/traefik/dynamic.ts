// The dynamic files of a guest's Traefik, as its file provider takes them over (pkg/provider/file and pkg/provider/merge.go, version
// 3.7.9): all of a folder together or, where one of them cannot be read, none of them.

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
 * Of what two files name alike the first stays. A text: the whole update is dropped, and why.
 *
 * @param at where a path of the guest lies
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

/** In the order of names, with those of folders in it. */
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
  // It runs files as templates, of which nothing is known here.
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
