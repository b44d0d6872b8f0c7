// One inventory of the host per run, shared by all its steps: a run without differences costs the same for ten guests as for a thousand.

import type { HostReader, Manager } from '../../managers/manager.ts';

export type Inventories = (run: string, manager: Manager) => Promise<unknown>;

/** Number of cached inventories; each run has one per manager. */
const KEEP = 16;
/** Number of cached answers within one inventory; a dropped one is read again. */
const KEEP_ANSWERS = 256;

export function inventories(host: HostReader): Inventories {
  const readers = remembering(() => memoizedReader(host));
  const remembered = remembering((_key, run: string, manager: Manager) => manager.inventory(readers(run)));
  return (run, manager) => remembered(`${run} ${manager.kind}`, run, manager);
}

/** Caches reads, since managers read the same things. */
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

/** A cache of the newest results by key; failures are not cached. */
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
