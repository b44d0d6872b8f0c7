// `model/not-before.ts` for scripts: an entry waits at most the maximum delay, however far the clock was set back.

/** Lua: `due(at, now, longest)`, in milliseconds. */
export const DUE = `
local function due(at, now, longest)
  at, now = tonumber(at), tonumber(now)
  return not at or at <= now or at > now + longest
end
`;
