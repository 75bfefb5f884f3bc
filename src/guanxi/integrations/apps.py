from guanxi.kit.rooms import RoomConfig


class Room(RoomConfig):
    name = "guanxi.integrations"
