// One WebSocket to the bridge: requests with a number, answers with the same, and events.

export class Link {
  #socket = null;
  #next = 1;
  #waiting = new Map();

  constructor(onEvent, onState) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.#connect(0);
  }

  #connect(failures) {
    const address = new URL("socket", location.href);
    address.protocol = "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => { failures = 0; this.onState("open"); };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(""));
      this.#waiting.clear();
      this.onState(failures > 3 ? "lost" : "closed");
      if (failures <= 3) setTimeout(() => this.#connect(failures + 1), 300 * 2 ** failures);
    };
  }

  #take(event) {
    if (event.type !== "done" && event.type !== "refused") return this.onEvent(event);
    const waiting = this.#waiting.get(event.n);
    this.#waiting.delete(event.n);
    if (event.type === "done") waiting?.resolve(event);
    else if (waiting) waiting.reject(new Error(event.text));
    return undefined;
  }

  ask(request) {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error(""));
    const n = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...request, n }));
    });
  }
}
