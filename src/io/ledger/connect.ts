// Connections to Redis: one server, a Sentinel group or a Cluster, by URL.

import { Cluster, Redis } from 'ioredis';

export type Connection = Redis | Cluster;

/**
 * Opens a connection that reconnects for ever; commands wait meanwhile, so callers that cannot wait set their own limit.
 *
 * @param url `redis://`, `rediss://` (TLS), `unix:///path/to/socket`, `redis+sentinel://host:port,host:port/master-name` or
 *   `redis+cluster://host:port,host:port` (`rediss+…` for TLS); user and password as in any URL
 * @param onError hears of every failure to connect
 */
export function connectRedis(url: string, onError: (error: Error) => void): Connection {
  const connection = open(url);
  connection.on('error', onError);
  return connection;
}

function open(url: string): Connection {
  const shared = { maxRetriesPerRequest: null };
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
  if (shape === 'cluster') return new Cluster(nodes, { redisOptions: options });
  return new Redis({ ...options, sentinels: nodes, name: name === '' ? 'mymaster' : name });
}
