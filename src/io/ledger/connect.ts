// Connections to Redis: one server, a Sentinel group or a Cluster, by URL.

import { Cluster, Redis } from 'ioredis';

export type Connection = Redis | Cluster;

const INFO_MS = 2_000;

export interface ConnectOptions {
  /** False for a login that may not use `INFO`: then commands fail while a server is loading its data. */
  readonly asksInfo?: boolean;
}

/**
 * Opens a connection that reconnects forever; commands wait meanwhile, so callers that cannot wait must set their own limit.
 *
 * @param url `redis://`, `rediss://` (TLS), `unix:///path/to/socket`, `redis+sentinel://host:port,host:port/master-name` or
 * `redis+cluster://host:port,host:port` (`rediss+…` for TLS); user and password as in any URL
 * @param onError called with every failure to connect, also when a server closes the connection without an error
 */
export function connectRedis(
  url: string,
  onError: (error: Error) => void,
  { asksInfo = true }: ConnectOptions = {},
): Connection {
  const connection = open(url, asksInfo);
  let silent = true;
  connection.on('error', (error: Error) => {
    silent = false;
    onError(error);
  });
  connection.on('ready', () => {
    silent = false;
  });
  connection.on('close', () => {
    if (silent) onError(new Error('Connection is closed before anything was answered'));
    silent = true;
  });
  return connection;
}

/** Whether the login may use `INFO`, which shows whether a server has loaded its data. False only where Redis says so. */
export async function mayAskInfo(url: string): Promise<boolean> {
  const { promise: failed, resolve: fail } = Promise.withResolvers<boolean>();
  const connection = connectRedis(url, () => fail(true), { asksInfo: false });
  const limit = setTimeout(() => fail(true), INFO_MS);
  try {
    const asked = connection.info('server').then(
      () => true,
      (error: Error) => !/^NOPERM/.test(error.message),
    );
    return await Promise.race([asked, failed]);
  } finally {
    clearTimeout(limit);
    connection.disconnect();
  }
}

function open(url: string, asksInfo: boolean): Connection {
  const shared = { maxRetriesPerRequest: null, enableReadyCheck: asksInfo };
  const several = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^/]+)(?:\/([^/]*))?$/.exec(url);
  if (several === null) {
    return url.startsWith('unix://')
      ? new Redis({ ...shared, path: url.slice('unix://'.length) })
      : new Redis(url, shared);
  }
  const [, scheme, shape, login, hosts = '', name = ''] = several;
  const nodes = hosts.split(',').map((host) => {
    const { hostname, port } = new URL(`redis://${host}`);
    return { host: hostname, port: Number(port || (shape === 'sentinel' ? 26_379 : 6_379)) };
  });
  const [username = '', password = ''] = (login ?? '').split(':').map(decodeURIComponent);
  const options = {
    ...shared,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(scheme === 'rediss' ? { tls: {} } : {}),
  };
  if (shape === 'cluster') return new Cluster(nodes, { enableReadyCheck: asksInfo, redisOptions: options });
  return new Redis({ ...options, sentinels: nodes, name: name === '' ? 'mymaster' : name });
}
