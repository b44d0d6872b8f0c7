// Reads files that a guest publishes in a folder shared with the host. The guest is not trusted: it may put a link or a pipe in place of the file.

import type { HostReader } from '../manager.ts';

/** The text of a regular file; null where there is none or it is something else. */
export async function publishedText(host: HostReader, path: string): Promise<string | null> {
  const state = (await host.inspect([path])).get(path);
  return state?.kind === 'file' ? ((await host.readFile(path)) ?? null) : null;
}
