// What a guest shows to the host in a folder that both see. It may put anything there in place of a file: a link, a pipe.

import type { HostReader } from '../manager.ts';

/** The text of a file; null where there is none, and where what stands there is no file of its own. */
export async function publishedText(host: HostReader, path: string): Promise<string | null> {
  const state = (await host.inspect([path])).get(path);
  return state?.kind === 'file' ? ((await host.readFile(path)) ?? null) : null;
}
