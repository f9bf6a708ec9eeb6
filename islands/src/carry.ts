// Photographs that wait are sent, by a page or by the service worker: one of them at a time, behind the values that they prove.
import { album } from "./album";
import { type News, type Stopped, sendPhotos } from "./photos";
import { shelf } from "./shelf";
import { carrier } from "./tus";

/** Sends what waits of this person; why it stopped before the end. */
export async function flushPhotos(person: number, tell: (news: News) => void): Promise<Stopped | undefined> {
  const round = async (): Promise<Stopped | undefined> => {
    try {
      return await sendPhotos(
        album,
        carrier,
        person,
        async (photo) => (await shelf.all()).some((item) => item.person === person && item.api === photo.api && item.measure === photo.measure && (item.state === "waiting" || item.state === "going")),
        tell,
      );
    } catch {
      return "busy";
    }
  };
  return "locks" in navigator ? navigator.locks.request("langso-photos", round) : round();
}
