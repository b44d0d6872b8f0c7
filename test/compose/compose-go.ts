// Docker Compose's own library, where it is built (test/README.md): parses compose files.

import { execFileSync } from 'node:child_process';
import { findProgram } from '../support/programs.ts';

export const COMPOSE_LOADER = findProgram('compose-loader', 'PHOENIX_TEST_COMPOSE_LOADER');

export interface LoaderInput {
  readonly text: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** References within the file are looked at too. */
  readonly consistent?: boolean;
}

interface LoadedService {
  readonly image?: string;
  readonly container_name?: string;
  readonly ports?: readonly LoadedPort[];
}

export interface LoadedPort {
  readonly target: number;
  readonly published?: string;
  readonly host_ip?: string;
  readonly protocol: string;
}

export interface Loaded {
  readonly model?: { readonly services: Readonly<Record<string, LoadedService>> };
  readonly error?: string;
}

export function loadedByCompose(files: readonly LoaderInput[]): Loaded[] {
  const input = JSON.stringify(files);
  const printed = execFileSync(COMPOSE_LOADER ?? '', { input, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] });
  return JSON.parse(printed.toString()) as Loaded[];
}
