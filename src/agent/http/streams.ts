// Who follows runs. Each stream looks into Redis once a second, so there are only so many: one address has a share, whoever showed the
// token or signed in always gets one, and who makes room is whoever has the most.

/** Of all together. */
const MOST_STREAMS = 400;
/** Of one address that showed nothing. */
const MOST_OF_ONE = 100;

interface Stream {
  readonly share: string;
  /** Whether who reads has shown the token, or signed in with it. */
  readonly known: boolean;
  readonly drop: () => void;
}

export interface Streams {
  /** @returns what gives the place back; null when there is none for this reader */
  take(stream: Stream): (() => void) | null;
}

export function limitStreams(): Streams {
  /** Oldest first. */
  const open = new Set<Stream>();
  return {
    take(stream) {
      const { share, known } = stream;
      if (!known && countOf(open, share) >= MOST_OF_ONE) return null;
      if (open.size >= MOST_STREAMS) {
        const victim = whoMakesRoom(open, stream);
        if (victim === null) return null;
        open.delete(victim);
        victim.drop();
      }
      open.add(stream);
      return () => void open.delete(stream);
    },
  };
}

/** The oldest of the address that has the most, of those that showed nothing first. Null when that would be who asks. */
function whoMakesRoom(open: ReadonlySet<Stream>, { share, known }: Stream): Stream | null {
  const strangers = [...open].filter((each) => !each.known);
  const from = strangers.length > 0 ? strangers : known ? [...open] : [];
  const [largest] = [...Map.groupBy(from, (each) => each.share)].toSorted(([, a], [, b]) => b.length - a.length);
  if (largest === undefined) return null;
  const [of, streams] = largest;
  return !known && of === share ? null : (streams[0] ?? null);
}

function countOf(open: ReadonlySet<Stream>, share: string): number {
  return [...open].filter((each) => !each.known && each.share === share).length;
}
