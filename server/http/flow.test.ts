import { describe, expect, it } from 'vitest';
import { createFlow } from './flow.ts';

/** Accounts 1–9 have organizations of their own; 11–19 share one. */
const accountOf = (id: number) => ({ id, organizationId: id > 10 ? 10 : id });
const here = () => false;
const gone = () => true;

/** Takes room; `.is` says whether it was given yet. */
function asking(flow: ReturnType<typeof createFlow>, accountId: number, bytes: number, isGone = here) {
  const asked = { is: false, room: flow.take(accountOf(accountId), bytes, isGone) };
  asked.room.then(
    () => {
      asked.is = true;
    },
    () => undefined,
  );
  return asked;
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('room for bodies in memory', () => {
  it('is given while there is some, and counts what an answer really takes', async () => {
    const flow = createFlow(400);
    const room = await flow.take(accountOf(1), 100, here);
    expect(flow.bytes).toBe(100);
    room.resize(30);
    expect(flow.bytes).toBe(30);
    room.leave();
    room.leave();
    room.resize(10);
    expect(flow.bytes).toBe(0);
  });

  it('is given to one account up to a quarter, to the others up to all of it', async () => {
    const flow = createFlow(400);
    const first = await flow.take(accountOf(1), 100, here);
    const second = asking(flow, 1, 1);
    const others = [asking(flow, 2, 100), asking(flow, 3, 100), asking(flow, 4, 100)];
    const late = asking(flow, 5, 1);
    await settled();
    expect(others.map((each) => each.is)).toEqual([true, true, true]);
    expect([second.is, late.is]).toEqual([false, false]);
    first.leave();
    await settled();
    expect([second.is, late.is]).toEqual([true, true]);
  });

  it('is given to the accounts of one organization up to half, whatever their number', async () => {
    const flow = createFlow(400);
    await flow.take(accountOf(11), 100, here);
    const second = await flow.take(accountOf(12), 100, here);
    const third = asking(flow, 13, 1);
    const stranger = asking(flow, 1, 100);
    await settled();
    expect([third.is, stranger.is]).toEqual([false, true]);
    second.leave();
    await settled();
    expect(third.is).toBe(true);
  });

  it('is given in the order of asking', async () => {
    const flow = createFlow(400);
    const first = await flow.take(accountOf(1), 90, here);
    const large = asking(flow, 1, 80);
    const small = asking(flow, 1, 5);
    await settled();
    expect([large.is, small.is]).toEqual([false, false]);
    first.resize(20);
    await settled();
    expect([large.is, small.is]).toEqual([true, false]);
    (await large.room).leave();
    await settled();
    expect(small.is).toBe(true);
  });

  it('is given to what is larger than all of it, alone', async () => {
    const flow = createFlow(400);
    const small = await flow.take(accountOf(2), 1, here);
    const huge = asking(flow, 1, 1000);
    await settled();
    expect(huge.is).toBe(false);
    small.leave();
    await settled();
    expect(huge.is).toBe(true);
    expect(flow.bytes).toBe(1000);
  });

  it('is refused when there is none for long, and to a client that is gone', async () => {
    const flow = createFlow(400, 20);
    const first = await flow.take(accountOf(1), 100, here);
    await expect(flow.take(accountOf(1), 100, here)).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterSeconds: 10 },
    });
    const left = flow.take(accountOf(1), 100, gone);
    const next = asking(flow, 1, 100);
    first.leave();
    await expect(left).rejects.toMatchObject({ code: 'unavailable' });
    await settled();
    expect(next.is).toBe(true);
    expect(flow.bytes).toBe(100);
  });
});
