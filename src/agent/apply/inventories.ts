// One look at the whole host per run, shared by all steps: what makes a run without differences cost the same for ten guests as
// for a thousand.

import type { HostReader, Manager } from '../../managers/manager.ts';

export type Inventories = (run: string, manager: Manager) => Promise<unknown>;

/** Inventories of the newest runs: one per manager. */
const KEEP = 16;
/** Answers within one inventory; one that was dropped is asked for again. */
const KEEP_ANSWERS = 256;

export function inventories(host: HostReader): Inventories {
  const readers = remembering(() => memoizedReader(host));
  const remembered = remembering((_key, run: string, manager: Manager) => manager.inventory(readers(run)));
  return (run, manager) => remembered(`${run} ${manager.kind}`, run, manager);
}

/** Managers ask a host the same things: each question is put to it once. */
export function memoizedReader(host: HostReader): HostReader {
  const run = remembering((_key, ...asked: Parameters<HostReader['run']>) => host.run(...asked), KEEP_ANSWERS);
  const send = remembering((_key, ...asked: Parameters<HostReader['request']>) => host.request(...asked), KEEP_ANSWERS);
  const readFile = remembering((path) => host.readFile(path), KEEP_ANSWERS);
  return {
    node: host.node,
    run: (command, options) => run(JSON.stringify(command), command, options),
    readFile,
    readFolders: (folders) => host.readFolders(folders),
    inspect: (paths) => host.inspect(paths),
    publicKey: (path) => host.publicKey(path),
    request: (request, options) => send(JSON.stringify(request), request, options),
  };
}

/** The newest results by key; one that failed is forgotten. */
function remembering<Args extends unknown[], Result>(make: (key: string, ...args: Args) => Result, most = KEEP) {
  const known = new Map<string, Result>();
  return (key: string, ...args: Args): Result => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const result = make(key, ...args);
    known.set(key, result);
    if (result instanceof Promise) result.catch(() => known.delete(key));
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return result;
  };
}
