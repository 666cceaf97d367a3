"""Does with a client what lines of JSON on stdin say, and answers in lines of JSON on stdout.

{"id": 1, "method": "call_tool", "params": {...}} is answered with {"id": 1, "result": ...} or {"id": 1, "error": "..."};
before that comes {"id": 1, "progress": 5} as often as the client hears of progress. {"id": 1, "method": "cancel"} stops 1.
"""

import asyncio
import json
import sys


async def obey(client):
    """Until stdin ends. The methods of `client` have the names and parameters of the commands."""
    running = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        if command["method"] == "cancel":
            await client.cancel(running[command["id"]])
        else:
            running[command["id"]] = asyncio.create_task(carry_out(client, command))


async def carry_out(client, command):
    number = command["id"]
    params = command["params"]

    async def progress(value, total=None, message=None):
        say(id=number, progress=value)

    if params.pop("progress", False):
        params["progress"] = progress
    try:
        say(id=number, result=await getattr(client, command["method"])(**params))
    except asyncio.CancelledError:
        say(id=number, error="cancelled")
    except Exception as error:
        say(id=number, error=f"{type(error).__name__}: {error}")


def say(**members):
    print(json.dumps(members), flush=True)


def tool_result(content, structured, is_error):
    return {"isError": bool(is_error), "text": content[0].text, "structured": structured}


def prompts(listed):
    return [{"name": each.name, "arguments": [one.name for one in each.arguments or []]} for each in listed]


def reference(types, owner):
    if "prompt" in owner:
        return types.PromptReference(type="ref/prompt", name=owner["prompt"])
    return types.ResourceTemplateReference(type="ref/resource", uri=owner["template"])
