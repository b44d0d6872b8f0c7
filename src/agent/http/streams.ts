// Limits the open event streams (SSE), each of which polls Redis once a second: per client and in total. An authenticated client always gets one; the
// oldest stream of the client with the most is closed for it.

/** Limit for all clients together. */
const MAX_STREAMS = 400;
/** Limit for one unauthenticated client. */
const MAX_OF_ONE_CLIENT = 100;

interface Stream {
  /** Its address, or the network that counts as one client. */
  readonly client: string;
  readonly isAuthenticated: boolean;
  readonly drop: () => void;
}

export interface Streams {
  /** @returns a function that ends it; null when the limit is reached */
  open(stream: Stream): (() => void) | null;
}

export function limitStreams(): Streams {
  /** Oldest first. */
  const open = new Set<Stream>();
  return {
    open(stream) {
      const { client, isAuthenticated } = stream;
      if (!isAuthenticated && countOf(open, client) >= MAX_OF_ONE_CLIENT) return null;
      if (open.size >= MAX_STREAMS) {
        const victim = streamToClose(open, stream);
        if (victim === null) return null;
        open.delete(victim);
        victim.drop();
      }
      open.add(stream);
      return () => void open.delete(stream);
    },
  };
}

/** The oldest stream of the client with the most, unauthenticated clients first. Null when that is the requesting client. */
function streamToClose(open: ReadonlySet<Stream>, { client, isAuthenticated }: Stream): Stream | null {
  const strangers = [...open].filter((each) => !each.isAuthenticated);
  const from = strangers.length > 0 ? strangers : isAuthenticated ? [...open] : [];
  const [largest] = [...Map.groupBy(from, (each) => each.client)].toSorted(([, a], [, b]) => b.length - a.length);
  if (largest === undefined) return null;
  const [owner, streams] = largest;
  return !isAuthenticated && owner === client ? null : (streams[0] ?? null);
}

function countOf(open: ReadonlySet<Stream>, client: string): number {
  return [...open].filter((each) => !each.isAuthenticated && each.client === client).length;
}
