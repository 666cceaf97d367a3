"""The client of the Python SDK 2.x. Arguments: the address, and its mode. The token is in MCP_TOKEN."""

import asyncio
import os
import sys

import commands
import httpx2
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client


class Driven:
    def __init__(self, client):
        self.client = client

    async def list_tools(self):
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call_tool(self, name, arguments, progress=None):
        result = await self.client.call_tool(name, arguments, progress_callback=progress)
        return commands.tool_result(result.content, result.structured_content, result.is_error)

    async def list_resources(self):
        return [str(one.uri) for one in (await self.client.list_resources()).resources]

    async def list_templates(self):
        return [one.uri_template for one in (await self.client.list_resource_templates()).resource_templates]

    async def read_resource(self, uri):
        return (await self.client.read_resource(uri)).contents[0].text

    async def list_prompts(self):
        return commands.prompts((await self.client.list_prompts()).prompts)

    async def get_prompt(self, name, arguments):
        return (await self.client.get_prompt(name, arguments)).messages[0].content.text

    async def complete(self, owner, argument, typed):
        ref = commands.reference(types, owner)
        return (await self.client.complete(ref, {"name": argument, "value": typed})).completion.values

    async def cancel(self, task):
        task.cancel()


async def main(url, mode):
    headers = {"Authorization": "Bearer " + os.environ["MCP_TOKEN"]}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            await commands.obey(Driven(client))


asyncio.run(main(*sys.argv[1:]))
